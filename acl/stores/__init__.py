"""Where rules live: behind brokers, straight in ZooKeeper, or in a file. The only modules that talk to either."""
