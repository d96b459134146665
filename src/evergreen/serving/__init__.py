"""The service: answers rows over HTTP by the champion, logs every answer, and follows promotions without a pause."""
