"""People and their swarms: questions and answers, messages, conversations, files, and the acts of operators."""
