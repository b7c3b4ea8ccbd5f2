// SPDX-License-Identifier: ISC
// Parts of the probe that are `wait` programs and tell what they see of their peers.
#pragma once

namespace minetd {

/// Takes `count` connections from fd 0, says "PID PEER LOCAL" to each, and whatever it is told;
/// ends when all of them have. The exit status.
int converse(int count);

/// Answers `count` datagrams with "PID PEER payload".
int receive_and_tell(int count);

/// Answers one datagram from a socket of its own, and one more that comes there, as tftpd does:
/// "PID PEER payload".
int answer_aside();

/// Answers one datagram, as receive_and_tell() does, when it gets SIGUSR1.
int answer_late();

/// Takes one datagram and never answers.
int swallow();

}  // namespace minetd
