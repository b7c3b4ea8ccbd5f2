// SPDX-License-Identifier: ISC
// Apache httpd out of Debian's package apache2-bin, unpacked and not installed: what it is told.
// The comparisons of pools and the benchmark start it alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minetd {

struct Apache {
    std::string package;    ///< directory that apache2-bin is unpacked into
    std::string directory;  ///< for its files, which are NAME.conf, NAME.pid and NAME.error
    std::string name;
    std::string mpm;         ///< prefork, worker or event
    std::string directives;  ///< lines of httpd.conf: the MPM's
    std::uint16_t port = 0;  ///< on 127.0.0.1

    std::string file() const { return directory + "/" + name + ".conf"; }
    /// In the foreground.
    std::vector<std::string> command() const;
    std::string load_module(std::string_view module) const;
    /// The configuration, all but what it serves. Its servers run as nobody if it is started by
    /// root.
    std::string configuration() const;
    /// What makes it an echo service (mod_echo), whose connections keep their servers to the end.
    std::string echo() const;
};

}  // namespace minetd
