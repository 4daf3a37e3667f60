"""The stages: each reads like the sentence that it does."""
