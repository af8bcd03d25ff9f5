"""The one door to the model: one prompt in, one reply out, before a deadline.

The provider keeps nothing (`store=False`) and remembers nothing: the history goes along each time. The SDK's
own retries are off: its timeout is per read, and its retries multiply it. What fails is asked of the fallback
model, within the same deadline. The model may call calculators before it answers; they get what it wrote as
arguments and nothing else, and after a few rounds it must answer with what it has.
"""

from nextnest.assistant.client import Assistant
from nextnest.assistant.talk import Purse, Toolbox

__all__ = ["Assistant", "Purse", "Toolbox"]
