// SPDX-License-Identifier: ISC
#include "tests/peers/xinetd/entry.h"

#include <cctype>
#include <ctime>
#include <set>
#include <sstream>

#include "tests/integration/daemon_under_test.h"

namespace minetd {
namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// An hour of this day that does not come while the suite runs.
std::string not_now() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    return local.tm_hour < 12 ? "14:00-15:00" : "02:00-03:00";
}

}  // namespace

std::string Place::expand(std::string text) const {
    const std::pair<const char*, std::string> values[] = {
        {"{dir}", directory},
        {"{probe}", directory + "/probe"},
        {"{port}", std::to_string(port)},
        {"{ready}", std::to_string(ready)},
        {"{count}", std::to_string(count)},
        {"{id}", id},
        {"{records}", records()},
        {"{second}", std::to_string(second)},
        {"{user}", test_user()},
        {"{now}", "00:00-23:59"},
        {"{not_now}", not_now()},
    };
    for (const auto& [name, value] : values)
        for (std::size_t at; (at = text.find(name)) != std::string::npos;)
            text.replace(at, std::char_traits<char>::length(name), value);
    return text;
}

std::string entry_text(const std::string& entry, const Place& place) {
    const std::string text = place.expand(entry);
    if (text.find("include") != std::string::npos ||
        lower(text).find("service") != std::string::npos)
        return text;
    std::istringstream lines(text);
    std::string body;
    std::set<std::string> said;
    for (std::string line; std::getline(lines, line);) {
        std::string name;
        std::istringstream(line) >> name;
        if (name.starts_with('-')) {
            said.insert(lower(name.substr(1)));
            continue;
        }
        said.insert(lower(name.substr(0, name.find('='))));
        body += line + "\n";
    }
    const std::pair<const char*, std::string> needed[] = {{"type", "UNLISTED"},
                                                          {"port", "{port}"},
                                                          {"socket_type", "stream"},
                                                          {"protocol", "tcp"},
                                                          {"wait", "no"},
                                                          {"user", "{user}"},
                                                          {"server", "{probe}"},
                                                          {"server_args", "report"},
                                                          {"log_type", "FILE {records}"}};
    for (const auto& [name, value] : needed)
        if (!said.contains(name)) body += std::string(name) + " = " + place.expand(value) + "\n";
    return "service " + place.id + "\n{\n" + body + "}\n";
}

std::string program_entry(const std::string& id, std::uint16_t port, const std::string& mode,
                          const Place& place) {
    Place own = place;
    own.id = id;
    own.port = port;
    return entry_text(
        "flags = NOLIBWRAP IPv4\nonly_from = 0.0.0.0/0\n-log_type\nbanner = "
        "{dir}/nothing\nserver_args = " +
            mode,
        own);
}

}  // namespace minetd
