"""What contracts that hold others' money promise, in the words of findings."""

COUNTS = "a move counts up to the last second that is stated for it, and no longer"
BOUND = "settlement ends within the stated bound"
STUCK = "nothing stays stuck"
OWN_MONEY = "a channel pays with its own money only"
ENTITLED = "an honest party ends with what its newest state gives it"
