"""Tables become records: staged out of sight, checked as a whole, then published in short batches."""
