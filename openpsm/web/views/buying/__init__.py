"""Pages of the customer's side: people, intelligence, rivals and criteria, evaluation."""
