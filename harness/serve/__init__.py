"""Both layers of a rollup behind a port each, for wallets, libraries and other people's tools.

The files that need no server come first. `wire` reads and writes JSON-RPC 2.0. `limits` says how much one client may
ask for. `keeper` is the one thread that touches the chains. `app` is a layer's HTTP and WebSocket side. `server` runs
both layers' in one process.
"""
