"""What every floor uses: checks of arguments, words, files, time."""
