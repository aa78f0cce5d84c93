"""Reports: one HTML file that tells what a run did, and where the money went."""
