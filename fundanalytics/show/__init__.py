"""What a reader sees: the indicator table → sentences, tables, charts.

``labels`` and ``sentences`` hold the words, ``formats`` the numbers, ``wording`` and ``overview`` make sentences, ``views``
chooses rows, ``tables`` and ``charts`` (on ``canvas`` and ``template``) show them. Nothing here is estimated.
"""
