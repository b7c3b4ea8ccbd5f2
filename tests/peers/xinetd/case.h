// SPDX-License-Identifier: ISC
// One row of the differential suite: a small configuration, what a client does, and what it sees.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace minetd {

struct Case {
    const char* name;
    /// Attributes of a service, one a line, to which what a service cannot be without is added; a
    /// line `-NAME` leaves that one out. A text with a `service` in it is a file as it stands.
    const char* entry;
    const char* script;          ///< see script.h
    const char* seen;            ///< what the script and the records tell, with xinetd
    const char* ours = nullptr;  ///< with minetd, where that is something else
    const char* why = "same";    ///< and why: a section of the notes on xinetd, and the reason
    const char* defaults = "";   ///< attributes; cases with others run in another daemon
    const char* options = "";    ///< of the command line; likewise
    const char* later = "";      ///< the entry after `reload`
    /// What is in the daemon's directory beside the probe.
    std::vector<std::pair<const char*, const char*>> files = {};
};

inline Case with_defaults(const char* defaults, Case one) {
    one.defaults = defaults;
    return one;
}
inline Case with_options(const char* options, Case one) {
    one.options = options;
    return one;
}
inline Case reloaded(const char* later, Case one) {
    one.later = later;
    return one;
}
inline Case with_files(std::vector<std::pair<const char*, const char*>> files, Case one) {
    one.files = std::move(files);
    return one;
}

// By what they are about.
std::span<const Case> grammar_cases();
std::span<const Case> file_cases();
std::span<const Case> program_cases();
std::span<const Case> socket_cases();
std::span<const Case> access_cases();
std::span<const Case> limit_cases();
std::span<const Case> record_cases();
std::span<const Case> special_cases();

/// In an entry, a file and a script: {dir}, {probe}, {port}, {second} (another one), {id},
/// {records}, {user}, the ports {ready} (answers a line) and {count} (tells how much it was sent)
/// that every daemon serves, and the times {now} and {not_now}.
struct Place {
    std::string directory;
    std::string id;
    std::uint16_t port = 0, second = 0, ready = 0, count = 0;
    std::string file() const { return directory + "/entry-" + id; }
    std::string records() const { return directory + "/records-" + id; }
    std::string expand(std::string text) const;
};

}  // namespace minetd
