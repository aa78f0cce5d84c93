"""The pack of attacks on adjudicators of turn-taking applications."""
