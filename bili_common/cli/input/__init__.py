"""What people type: options, UIDs, groups of accounts, dates."""
