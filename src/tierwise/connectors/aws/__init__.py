"""AWS through boto3: declared reads, a read-only guard, and one collector a service."""
