"""The class: its page for the projector and its page for phones."""

from collections.abc import Sequence

NEVER = "never"
LEAD = (
    "Ask your class a question, let everybody answer on their phone, and show what the room thinks "
    "beside what the network does."
)
HOW = (
    "1. Let everybody scan the code of the class, or type it on this page.\n"
    "2. Ask a question, and wait until most have answered; the first seven are the lesson's.\n"
    "3. Show the answers, drag the slider to explain them, and ask the next question."
)
START = "Start a class"
JOIN = "Join a class"
CODE = "Code of the class"
JOINING = "Joining the class."
GO = "Join"
NO_ROOM = "There is no class with this code. It may be over, or the code may be misread."
TOO_MANY_GUESSES = "Too many codes were tried that belong to no class. Try again in a minute."
LOG_SAYS_WHY = "The terminal of the server says why."
STORE_DOWN = "The answers cannot be reached now. This page goes on by itself."

ASK = "Ask"
NEXT = "Ask the next question"
OWN_QUESTION = "About the explorer's view"
CLOSE = "Close"
REOPEN = "Open again"
SHOW = "Show the answers"
FINISH = "Summary"
BACK = "Back to the question"
END = "End the class"
END_HELP = "All answers are deleted."
ENDED = "This class is over. Its answers have been deleted."
MY_LINK = "Your own link"
MY_LINK_HELP = (
    "It leads this class from another browser. Whoever has it leads the class, so do not show it."
)
SCAN = "QR code of this class"

QUESTIONS = {
    "flip": "At which epsilon is the prediction first wrong?",
    "class": "What will the network take this picture for?",
    "longest": "Which network stands longest?",
    "pixels": "Which stands longer: the network on ordered or on scrambled pixels?",
    "half": "At which epsilon is half of what was right wrong?",
    "best": "At which epsilon does the attack gain most for what can be seen of it?",
}


def asked(number: int) -> str:
    return f"Question {number + 1}"


def about(kind: str, networks: str, method: str, epsilon: float, image: int) -> str:
    """What the question is about, beside its picture; `networks` are one or several, in words."""
    if kind == "class":
        return f"{networks}, picture {image}. {method}, epsilon {epsilon:g}."
    if kind in ("half", "best"):
        return f"{networks}, over the whole test set. {method}."
    return f"{networks}, picture {image}. {method}, with a growing epsilon."


def answered(count: int) -> str:
    return f"{count} answered" if count else "Nobody has answered yet"


SEND = "Answer"
CHANGE = "Change the answer"
WAITING = "Wait for the first question."
NOT_OPEN = "Answers are closed. Look at the projector."


def sent(choice: str) -> str:
    return f"Your answer is {choice}. You may change it until answers are closed."


def result(right: Sequence[str], own: str | None) -> str:
    """On a phone, when the truth is shown."""
    truth = " or ".join(right)
    return f"It is {truth}." + (f" You answered {own}." if own else " You did not answer.")


def off_by(steps: int, epsilon: float) -> str:
    return "Exactly right." if not steps else f"You are off by {steps * epsilon:g}."


RIGHT = "Right."
WRONG = "Not this one."

TRUTH = "right"
ANSWERS = "answers"
ANSWER = "answer"


def room_caption(total: int, right: int, truth: Sequence[str]) -> str:
    people = f"{total} answer{'s' if total != 1 else ''}"
    return f"{people}, {right} of them right. The right answer is {' or '.join(truth)}."


SUMMARY = "What the class answered"
QUESTION = "question"
RIGHT_ANSWER = "right answer"
MOST = "most frequent answer"
RIGHT_FRACTION = "right"


def summary_caption(questions: int) -> str:
    return f"{questions} question{'s' if questions != 1 else ''}. Bars: fraction of right answers."
