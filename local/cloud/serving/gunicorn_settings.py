"""How gunicorn serves a scoring script. A file, because an older one leaves settings alone that it does not know."""

# Otherwise every instance of a user has one and the same control socket.
control_socket_disable = True
accesslog = "-"
timeout = 300
