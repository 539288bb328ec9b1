"""Elasticsearch and Kibana for the platform's logs: how long they are kept, how they are indexed, who reads them."""
