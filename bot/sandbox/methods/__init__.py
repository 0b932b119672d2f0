"""The Bot API's methods, one module a noun. A method takes the server's state and a call and returns its
result.

A method that refuses raises ApiError. All but `getUpdates` run without awaiting, so each is atomic.
"""
