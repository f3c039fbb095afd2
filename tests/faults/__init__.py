"""What can go wrong on the wire: raw servers, and the catalogue that tests and pages share."""
