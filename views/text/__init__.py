"""Every sentence that a user reads, ready for translation: one module per page, `common` for all.

Nothing here imports PyTorch, because the page's header stands before PyTorch is loaded. What
enumerations name is therefore looked up by their values, which are strings.
"""

from views.text import assignment as assignment
from views.text import classes as classes
from views.text import classroom as classroom
from views.text import common as common
from views.text import curves as curves
from views.text import data_notice as data_notice
from views.text import defences as defences
from views.text import explorer as explorer
from views.text import explorer_component as explorer_component
from views.text import gallery as gallery
from views.text import journey as journey
from views.text import lesson as lesson
from views.text import picture_input as picture_input
from views.text import scramble as scramble
from views.text import share as share
from views.text import tradeoff as tradeoff
from views.text import transfer as transfer
