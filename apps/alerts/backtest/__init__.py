"""What a rule would have done in the stored past, before it is let loose on the present."""
