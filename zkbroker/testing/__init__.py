"""What tests need, ours and yours: clusters in processes, faults on demand, a small client, logs compared."""
