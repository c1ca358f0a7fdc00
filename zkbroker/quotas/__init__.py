"""Quotas: how fast a client may produce, fetch, ask and change, and how fast replicas may be copied.

Where nothing is limited, a request pays one comparison with None.
"""
