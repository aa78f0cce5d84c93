"""What the functions of a project's contracts cost, on L1 and on L2."""
