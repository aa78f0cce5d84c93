"""The pack of attacks on chains of assertions."""
