"""Campaigns: many cases, played by all cores or a cluster, with the results in one file."""
