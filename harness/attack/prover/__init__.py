"""The pack of attacks on one-step provers."""
