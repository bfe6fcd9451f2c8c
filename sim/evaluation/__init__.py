"""What an evaluator of this nation would see: trials, designs, fitted effects and checks against what is known."""
