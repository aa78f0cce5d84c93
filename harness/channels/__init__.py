"""Payment channels off chain: signed states, parties, routing, watchtowers and the model of their settlement."""
