"""The pack of attacks on inboxes."""
