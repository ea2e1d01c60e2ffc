"""Table contracts and expectation suites as pure functions, and the gate that every write asks."""
