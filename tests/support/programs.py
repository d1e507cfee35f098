"""Programs as a model would write them: a game of tic-tac-toe that plays itself, and its test."""

GAME = """LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def winner(board):
    for a, b, c in LINES:
        if board[a] != " " and board[a] == board[b] == board[c]:
            return board[a]
    return "-" if " " not in board else None


def best(board, me, turn):
    if winner(board):
        return {me: 1, "-": 0}.get(winner(board), -1), None
    moves = []
    for place in [n for n in range(9) if board[n] == " "]:
        after = board[:place] + turn + board[place + 1 :]
        moves.append((best(after, me, "XO"[turn == "X"])[0], place))
    return max(moves) if turn == me else min(moves)


if __name__ == "__main__":
    board, turn = "XO  X    ", "O"
    while not winner(board):
        place = best(board, turn, turn)[1]
        board = board[:place] + turn + board[place + 1 :]
        turn = "XO"[turn == "X"]
    print("winner:", winner(board))
"""
GAME_TEST = """from game import best, winner
assert winner("XXX      ") == "X"
assert winner("XOXXOOOXX") == "-"
assert best("XX OO    ", "X", "X") == (1, 2)
print("it takes the win")
"""
