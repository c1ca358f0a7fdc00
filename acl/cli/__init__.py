"""The command `acl`: one module for each group of its commands."""
