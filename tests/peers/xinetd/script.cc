// SPDX-License-Identifier: ISC
#include "tests/peers/xinetd/script.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"
#include "tests/peers/xinetd/entry.h"

namespace minetd {
namespace {

/// How long nothing must come to be called silence. Only what never answers is asked this way, so
/// the outcome does not depend on it.
constexpr int silence_ms = 1000;

/// Asks until it is so, and gives up when that takes too long.
template <class Predicate>
bool await(Predicate so) {
    for (int tries = 0; tries < patience_ms / 5; ++tries) {
        if (so()) return true;
        poll(nullptr, 0, 5);
    }
    return so();
}

std::string unescaped(std::string text) {
    for (const auto& [escape, byte] : {std::pair{"\\r", "\r"}, {"\\n", "\n"}})
        for (std::size_t at; (at = text.find(escape)) != std::string::npos;)
            text.replace(at, 2, byte);
    return text;
}

std::size_t lines_in(const std::string& file) {
    if (!std::filesystem::exists(file)) return 0;
    const std::string text = read_file(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string ending(const Client& client) {
    switch (client.end()) {
        case Client::End::refused:
            return "refused";
        default:  // whether it is reset depends on whether the client's words were there already
            return "closed";
    }
}

/// Also while it only waits to be reaped, which counts.
bool runs_probe(pid_t daemon) {
    for (const ProcessView& process : descendants(daemon)) {
        std::ifstream comm("/proc/" + std::to_string(process.pid) + "/comm");
        std::string name;
        if (std::getline(comm, name) && name == "probe") return true;
    }
    return false;
}

bool is_report(const std::string& text) {
    return text.starts_with("argv0=") && text.ends_with("\nend\n");
}

/// Descriptors, and whether two processes are one, told without numbers of this run.
std::string reported(const std::string& report, const std::string& name) {
    std::istringstream lines(report);
    std::string line, all, pid;
    for (std::string each; std::getline(lines, each);) {
        if (each.starts_with("pid=")) pid = each.substr(4);
        if (name == "fds" && each.starts_with("fd") && each.find('=') != std::string::npos)
            all += (all.empty() ? "" : " ") + each.substr(2, each.find('=') - 2);
        if (name == "argv" && each.starts_with("argv"))
            all += "<" + each.substr(each.find('=') + 1) + ">";
        if (name == "environment" && each.starts_with("env "))
            all += (all.empty() ? "" : " ") + each.substr(4, each.find('=') - 4);
        if (each.starts_with(name + "=")) line = each.substr(name.size() + 1);
        if (each.starts_with("env " + name + "=")) line = each.substr(name.size() + 5);
    }
    if (name == "environment") {
        std::istringstream words(all);
        std::vector<std::string> sorted{std::istream_iterator<std::string>(words), {}};
        std::sort(sorted.begin(), sorted.end());
        all.clear();
        for (const std::string& word : sorted) all += (all.empty() ? "" : " ") + word;
    }
    if (name == "fds" || name == "argv" || name == "environment") return name + " " + all;
    if (name == "sid" || name == "pgid") line = line == pid ? "its own" : "another's";
    if (name == "peer" || name == "local") line = line.substr(0, line.rfind(':'));
    if (line.empty() && report.find(name + "=") == std::string::npos) return "no " + name;
    return name + "=" + line;
}

class Play {
  public:
    explicit Play(const Scene& scene) : scene_(scene) {}

    std::string run() {
        std::istringstream steps(scene_.place.expand(scene_.subject.script));
        for (std::string step; std::getline(steps, step, ';');) {
            step.erase(0, step.find_first_not_of(" \n"));
            char who = 'a';
            if (step.size() > 2 && step[1] == ':') who = step[0], step.erase(0, 2);
            const std::size_t blank = step.find(' ');
            const std::string verb = step.substr(0, blank);
            take(who, verb, blank == std::string::npos ? "" : step.substr(blank + 1));
        }
        return told_;
    }

  private:
    void tell(const std::string& text) {
        told_ += (told_.empty() ? "" : "; ") + (is_report(text) ? "served" : text);
    }

    /// What came, or how it ended when nothing came.
    void tell_of(Client& client, const std::string& got) {
        tell(got.empty() ? ending(client) : got);
    }

    std::uint16_t port() const { return port_ != 0 ? port_ : scene_.place.port; }

    std::unique_ptr<Client> connect() const {
        SocketAddress source;
        if (!from_.empty()) source = address_of(from_, 0);
        return std::make_unique<Client>(address_of(to_, port()), SOCK_STREAM, source);
    }

    std::string answer(const std::string& question) const {
        const auto client = connect();
        if (client->end() == Client::End::refused) return "refused";
        const std::string got = question.empty() ? client->rest() : client->ask(question);
        return got.empty() ? ending(*client) : got;
    }

    void take(char who, const std::string& verb, const std::string& words) {
        if (verb == "from" || verb == "to") {
            (verb == "from" ? from_ : to_) = words;
        } else if (verb == "at") {
            port_ = static_cast<std::uint16_t>(std::stoul(words));
        } else if (verb == "open") {
            clients_[who] = connect();
            if (clients_[who]->end() == Client::End::refused) tell("refused");
        } else if (verb == "ask") {
            tell(answer(unescaped(words)));
        } else if (verb == "size") {
            tell(std::to_string(answer("").size()) + " bytes");
        } else if (verb == "show") {
            show(answer(""), words);
        } else if (verb == "file") {
            const std::string file =
                scene_.place.directory + "/" + words.substr(0, words.find(' '));
            const auto whole = [&] { return read_file(file).ends_with("end\n"); };
            tell(await(whole) ? "written" : "not written");
            show(read_file(file), words.substr(words.find(' ')));
        } else if (verb == "udp") {
            tell(datagram(unescaped(words)));
        } else if (verb == "udp-size") {
            const std::string got = datagram(unescaped(words));
            tell(got == "silence" || got == "refused" ? got
                                                      : std::to_string(got.size()) + " bytes");
        } else if (verb == "each") {
            each(std::stoi(words));
        } else if (verb == "hold") {
            hold(std::stoi(words));
        } else if (verb == "until") {
            std::string got;
            const bool came = await([&] { return (got = answer("x\n")) == unescaped(words); });
            tell((came ? "then " : "never ") + words);
        } else if (verb == "idle") {
            if (!await([&] { return !runs_probe(scene_.daemon); })) tell("a program runs on");
        } else if (verb == "up") {
            tell(await([&] { return connect()->end() != Client::End::refused; }) ? "up" : "down");
        } else if (verb == "reload") {
            reload();
        } else if (verb == "records") {
            const std::string file = scene_.place.records();
            if (!await([&] { return lines_in(file) >= std::stoul(words); }))
                tell("fewer records than " + words);
        } else if (verb == "said") {
            tell(await([&] { return read_file(scene_.log).find(words) != std::string::npos; })
                     ? "said"
                     : "unsaid");
        } else {
            with(*clients_.at(who), verb, words);
        }
    }

    void with(Client& client, const std::string& verb, const std::string& words) {
        if (verb == "send")
            client.send(unescaped(words));
        else if (verb == "end")
            client.finish();
        else if (verb == "close")
            client.close();
        else if (verb == "line")
            tell_of(client, client.line());
        else if (verb == "number")
            tell_of(client, std::regex_replace(client.line(), std::regex("^\\d+\n$"), "a number"));
        else if (verb == "rest")
            tell_of(client, client.rest());
        else if (verb == "shown")
            show(client.rest(), words);
        else if (verb == "bytes")
            tell_of(client, client.bytes(std::stoul(words)));
        else
            throw std::invalid_argument("no such step: " + verb);
    }

    void show(const std::string& report, const std::string& names) {
        std::istringstream words(names);
        if (!is_report(report)) return tell(report);
        for (std::string name; words >> name;) tell(reported(report, name));
    }

    std::string datagram(const std::string& payload) const {
        const SocketAddress server = address_of(to_, port());
        const UniqueFd fd(socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
        // Only a connected socket is told that nobody has the port, but it takes no answer that
        // comes from another address of the host.
        if (from_.empty()) {
            (void)!::connect(fd.get(), server.raw(), server.length);
            (void)!::send(fd.get(), payload.data(), payload.size(), 0);
        } else {
            const SocketAddress source = address_of(from_, 0);
            if (bind(fd.get(), source.raw(), source.length) != 0)
                throw std::runtime_error("bind to " + from_);
            (void)!sendto(fd.get(), payload.data(), payload.size(), 0, server.raw(), server.length);
        }
        pollfd waiting{fd.get(), POLLIN, 0};
        if (poll(&waiting, 1, silence_ms) <= 0) return "silence";
        char packet[65536];
        const ssize_t size = recv(fd.get(), packet, sizeof packet, 0);
        if (size < 0) return "refused";
        const std::string got(packet, static_cast<std::size_t>(size));
        // Behind the number of the process that answered.
        return got.ends_with(" " + payload) ? payload : got;
    }

    void each(int count) {
        int served = 0;
        std::string otherwise;
        for (int i = 0; i < count; ++i) {
            const std::string got = answer("x\n");
            if (got == "x\n")
                ++served;
            else if (otherwise.find(got) == std::string::npos)
                otherwise += ", then " + got;
        }
        tell(std::to_string(served) + " of " + std::to_string(count) + otherwise);
    }

    void hold(int count) {
        int held = 0;
        std::string otherwise;
        for (int i = 0; i < count; ++i) {
            auto client = connect();
            const std::string got = client->line();
            if (got == "held\n")
                ++held;
            else
                otherwise = ", others " + (got.empty() ? ending(*client) : got);
            if (got == "held\n") held_.push_back(std::move(client));
        }
        tell(std::to_string(held) + " of " + std::to_string(count) + otherwise);
    }

    void reload() {
        write_file(scene_.place.file(), entry_text(scene_.subject.later, scene_.place));
        const std::size_t before = read_file(scene_.log).size();
        kill(scene_.daemon, SIGHUP);
        const bool done = await([&] {
            const std::string log = read_file(scene_.log);
            return log.find("Reconfigured:", before) != std::string::npos ||
                   log.find("reloaded:", before) != std::string::npos ||
                   log.find("reload failed:", before) != std::string::npos;
        });
        if (!done) tell("no reload");
    }

    const Scene& scene_;
    std::string told_, from_, to_ = "127.0.0.1";
    std::uint16_t port_ = 0;  ///< 0: the service's own
    std::map<char, std::unique_ptr<Client>> clients_;
    std::vector<std::unique_ptr<Client>> held_;
};

}  // namespace

std::string play(const Scene& scene) {
    return Play(scene).run();
}

std::string records_of(const Place& place, std::string_view script) {
    if (!std::filesystem::exists(place.records())) return {};
    static const std::regex stamp("(^|\\n)\\d\\d/\\d+/\\d+@\\d\\d:\\d\\d:\\d\\d: "),
        pid("pid=[1-9]\\d*"), duration("duration=\\d+");
    std::string text = read_file(place.records());
    text = std::regex_replace(text, stamp, "$1");
    text = std::regex_replace(text, pid, "pid=N");
    text = std::regex_replace(text, duration, "duration=N");
    for (std::size_t at; (at = text.find(" " + place.id)) != std::string::npos;)
        text.replace(at, place.id.size() + 1, " ID");
    std::vector<std::string> lines;
    std::istringstream whole(text);
    for (std::string line; std::getline(whole, line);) lines.push_back(line);
    if (script.ends_with("in any order")) std::ranges::sort(lines);
    std::string all;
    for (const std::string& line : lines) all += (all.empty() ? "" : "; ") + line;
    return all;
}

}  // namespace minetd
