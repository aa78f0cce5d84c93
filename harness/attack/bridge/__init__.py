"""The pack of attacks on bridges."""
