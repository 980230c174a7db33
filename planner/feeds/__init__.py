"""Calendar feeds, pure: values in, bytes out."""
