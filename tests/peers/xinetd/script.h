// SPDX-License-Identifier: ISC
// What a client does, in words. Steps are parted by `;`, and each that sees something adds it to
// what is told. `b:` before a step means another client than the first.
//
//   from ADDRESS, to ADDRESS    of the connections that follow; to 127.0.0.1 unless said
//   at PORT                     likewise; the service's own unless said
//   open                        connects; tells only when that is refused
//   send TEXT, end, close
//   line, rest, bytes N         tells what comes, or how the connection ended; a report of the
//                               probe is told as "served"
//   number                      whether the next line is one
//   ask TEXT                    open, send, end and rest; without a text it does not end
//   size                        of what comes after open
//   show NAME...                open, and of what the program reports those lines
//   shown NAME...               the same of the rest
//   file NAME LINE...           the same of a report that the program writes to a file
//   udp TEXT, udp-size TEXT     sends a datagram, tells the answer or its size, or silence
//   each N                      N clients after each other: how many were answered
//   hold N                      N clients at once that stay: how many are served
//   until TEXT                  asks until that is the answer
//   idle                        waits until the daemon runs no program
//   up                          waits until connections are not refused
//   reload                      the case's second entry, SIGHUP, and its outcome
//   records N [in any order]    waits until so many are written; all of them are told at the end,
//                               sorted where xinetd writes them from two processes
//   said TEXT                   waits until the daemon's messages hold it
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tests/peers/xinetd/case.h"

namespace minetd {

struct Scene {
    const Case& subject;
    Place place;
    pid_t daemon;
    std::string log;  ///< file of the daemon's messages
};

/// What is told, parted by `; `. Throws std::exception when something does not come at all.
std::string play(const Scene& scene);

/// The records of a service, as far as they are not about this run: one after the other, or as the
/// script has it.
std::string records_of(const Place& place, std::string_view script);

}  // namespace minetd
