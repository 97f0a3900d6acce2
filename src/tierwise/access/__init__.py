"""What AWS policies mean: policy documents in, answers out; pure, and three-valued where a part of a policy is not known."""
