"""Access control lists as Kafka keeps them: values, evaluation, and the tools of those who write them."""
