"""What several pages share: controls, the gallery, the picture input, sharing, notices.

Imports session and charts, and is imported by pages and the stage. Start reading at `widgets`.
"""
