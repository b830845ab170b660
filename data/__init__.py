"""What is sampled and stored: scenarios, schema, generation, storage, splits, normalisation, metrics."""
