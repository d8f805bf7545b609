"""What a page knows of its visitor: the view, its address, what is cached, the queue of counts.

Every other room of views may import it; it imports their words alone. `state` turns an address into
a `View` and back, `resources` holds everything that is cached. Start reading at `state`.
"""
