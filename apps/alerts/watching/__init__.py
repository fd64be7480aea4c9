"""What a rule sees at a moment: rows read, a few statements a rule however many queues there are, and judged."""
