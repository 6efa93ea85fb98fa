"""Where a server of the tools' own has its media."""

import resource
import socket
import unittest
from unittest import mock

import server


class FreePorts(unittest.TestCase):
    def test_are_found_with_fewer_descriptors_than_ports(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        first = server.free_udp_range(400)
        self.assertEqual(first % 2, 0)
        self.assertTrue(12_000 <= first <= 31_600)

    def test_are_refused_where_there_are_not_so_many(self):
        with self.assertRaisesRegex(server.ServerError, "40000 UDP ports"):
            server.free_udp_range(40_000)

    def test_are_not_sought_for_ever(self):
        with mock.patch.object(server, "_is_free", return_value=False), self.assertRaisesRegex(server.ServerError, "not found"):
            server.free_udp_range(10)

    def test_taken_ones_are_passed_over(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((server.HOST, 0))
            self.assertFalse(server._is_free(taken.getsockname()[1]))
