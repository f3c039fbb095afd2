"""Tools for tests of programs that use bili_common."""
