"""The pack of attacks on payment channels."""
