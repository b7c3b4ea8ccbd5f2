// SPDX-License-Identifier: ISC
#include "mpm/lookups.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <type_traits>

#include "daemon/os/host_names.h"
#include "daemon/os/libwrap.h"
#include "daemon/os/process.h"
#include "daemon/os/signals.h"
#include "daemon/policy/inquiry.h"

namespace minetd {
namespace {

static_assert(std::is_trivially_copyable_v<Lookup> && std::is_trivially_copyable_v<Finding>);

constexpr Milliseconds tick = 250;
/// Children that are kept for the next look-up.
constexpr std::ptrdiff_t most_idle = 4;

void look_up_name(const Lookup& lookup, Finding& finding) {
    const std::string name = confirmed_name(lookup.peer);
    if (name.size() < sizeof finding.name) std::memcpy(finding.name, name.c_str(), name.size() + 1);
}

void ask_libwrap(const Lookup& lookup, Finding& finding) {
    const auto opinion = libwrap::opinion(lookup.subject, lookup.peer, lookup.local);
    finding.admitted = opinion.admits;
    opinion.unreadable.copy(finding.name, sizeof finding.name - 1);
}

void look_up_addresses(const Lookup& lookup, Finding& finding) {
    for (const SocketAddress& address : addresses_of(lookup.subject)) {
        const auto bits = bits_of(address);
        if (!bits) continue;
        if (finding.count == Finding::most) {
            finding.more = true;
            return;
        }
        finding.addresses[finding.count++] = *bits;
    }
}

Finding look_up(const Lookup& lookup) {
    Finding finding;
    switch (lookup.kind) {
        case Lookup::Kind::name:
            look_up_name(lookup, finding);
            break;
        case Lookup::Kind::addresses:
            look_up_addresses(lookup, finding);
            break;
        case Lookup::Kind::libwrap:
            ask_libwrap(lookup, finding);
            break;
    }
    return finding;
}

/// The life of a child: its parent is all it hears, and it does not outlive it.
int look_up_for(Channel& parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    unblock_signals();
    for (;;) {
        pollfd item{.fd = parent.fd(), .events = POLLIN, .revents = 0};
        if (::poll(&item, 1, -1) < 0) continue;
        Lookup lookup;
        std::size_t size = 0;
        UniqueFd attached;
        const Channel::Received received = parent.receive(&lookup, sizeof lookup, size, attached);
        if (received == Channel::Received::nothing) continue;
        if (received == Channel::Received::end || size != sizeof lookup) return EX_OK;
        const Finding finding = look_up(lookup);
        parent.send(&finding, sizeof finding);
    }
}

}  // namespace

bool Lookup::set_subject(const std::string& text) noexcept {
    if (text.size() >= sizeof subject) return false;
    std::memcpy(subject, text.c_str(), text.size() + 1);
    return true;
}

std::string Lookup::key() const {
    return kind == Kind::name ? peer.host() : std::string("=") + subject;
}

Lookups::Lookups(EventLoop& loop) : loop_(loop), tick_(loop, [this] { on_tick(); }) {}

Lookups::~Lookups() {
    for (const auto& child : children_) ::kill(child->pid, SIGKILL);
}

void Lookups::find(const Lookup& lookup, Take take) {
    std::string key = lookup.key();
    if (lookup.kind == Lookup::Kind::libwrap) key += '#' + std::to_string(++last_);
    const Milliseconds now = monotonic_ms();
    const auto found = entries_.find(key);
    if (found != entries_.end() && !found->second.waiting.empty())
        return found->second.waiting.push_back(std::move(take));
    if (found != entries_.end() && now < found->second.until) return take(found->second.finding);
    Line& line = lines_[static_cast<std::size_t>(lookup.kind)];
    if (line.keys.size() >= most_waiting) return take({});
    if (found == entries_.end() && entries_.size() >= most_remembered) forget_some();
    Entry& entry = entries_[key];
    entry.lookup = lookup;
    entry.until = now + lookup_patience;
    entry.waiting.push_back(std::move(take));
    line.keys.push_back(std::move(key));
    if (!tick_.pending()) tick_.schedule(tick);
    assign();
}

void Lookups::forget_some() noexcept {
    const Milliseconds now = monotonic_ms();
    std::erase_if(entries_, [&](const auto& item) {
        return item.second.waiting.empty() && now >= item.second.until;
    });
    for (auto item = entries_.begin();
         item != entries_.end() && entries_.size() >= most_remembered;)
        item = item->second.waiting.empty() ? entries_.erase(item) : std::next(item);
}

void Lookups::assign() noexcept {
    for (Line& line : lines_)
        while (!line.keys.empty() && line.at_once < most_at_once && assign(line)) {
        }
}

/// False when there is no child for it.
bool Lookups::assign(Line& line) noexcept {
    Child* child = idle_child();
    if (child == nullptr) child = start_child();
    if (child == nullptr) return false;
    const Entry& entry = entries_[line.keys.front()];
    child->key = std::move(line.keys.front());
    child->until = entry.until;
    line.keys.pop_front();
    ++line.at_once;
    child->channel.send(&entry.lookup, sizeof entry.lookup);
    return true;
}

std::string Lookups::take_back(Child& child) noexcept {
    std::string key = std::exchange(child.key, {});
    const auto found = entries_.find(key);
    if (found != entries_.end()) --line_of(found->second).at_once;
    return key;
}

Lookups::Child* Lookups::idle_child() noexcept {
    for (const auto& child : children_)
        if (child->channel && child->key.empty()) return child.get();
    return nullptr;
}

Lookups::Child* Lookups::start_child() noexcept {
    try {
        ForkedChild forked = fork_with_channel("minetd:look-up", {}, look_up_for);
        auto child = std::make_unique<Child>();
        Child& placed = *child;
        placed.pid = forked.pid;
        placed.channel = std::move(forked.channel);
        placed.event = std::make_unique<FdEvent>(loop_, placed.channel.fd(),
                                                 [this, &placed] { listen(placed); });
        placed.event->enable();
        children_.push_back(std::move(child));
        return &placed;
    } catch (const std::system_error&) {
        return nullptr;
    }
}

/// It is looked to no more; what it was looking up is not known.
void Lookups::drop(Child& child) noexcept {
    child.event->disable();
    child.channel.close();
    const std::string key = take_back(child);
    if (!key.empty()) conclude(key, {}, true);
}

void Lookups::listen(Child& child) noexcept {
    Finding finding;
    std::size_t size = 0;
    UniqueFd attached;
    const Channel::Received received =
        child.channel.receive(&finding, sizeof finding, size, attached);
    if (received == Channel::Received::nothing) return;
    if (received == Channel::Received::end || size != sizeof finding) {
        ::kill(child.pid, SIGKILL);
        return drop(child);
    }
    finding.name[sizeof finding.name - 1] = '\0';
    const std::string key = take_back(child);
    const auto idle = std::count_if(children_.begin(), children_.end(), [](const auto& one) {
        return one->channel && one->key.empty();
    });
    if (idle > most_idle) drop(child);
    if (!key.empty()) conclude(key, finding, true);
    assign();
}

void Lookups::conclude(const std::string& key, const Finding& finding, bool remember) noexcept {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    const std::vector<Take> waiting = std::exchange(found->second.waiting, {});
    const bool nothing = finding.count == 0 && finding.name[0] == '\0';
    if (remember && found->second.lookup.kind != Lookup::Kind::libwrap) {
        found->second.finding = finding;
        found->second.until = monotonic_ms() + (nothing ? remember_nothing : remember_found);
    } else {
        entries_.erase(found);
    }
    const Finding told = finding;
    for (const Take& take : waiting) take(told);
}

void Lookups::on_tick() noexcept {
    const Milliseconds now = monotonic_ms();
    for (std::size_t i = 0; i < children_.size(); ++i) {
        Child& child = *children_[i];
        if (child.key.empty() || now < child.until) continue;
        ::kill(child.pid, SIGKILL);
        drop(child);
    }
    bool busy = false;
    for (Line& line : lines_) {
        while (!line.keys.empty() && now >= entries_[line.keys.front()].until) {
            const std::string key = std::move(line.keys.front());
            line.keys.pop_front();
            conclude(key, {}, false);
        }
        busy = busy || line.at_once > 0 || !line.keys.empty();
    }
    assign();
    if (busy && !tick_.pending()) tick_.schedule(tick);
}

void Lookups::reap() noexcept {
    for (Exit exit = minetd::reap(); exit.pid != 0; exit = minetd::reap()) {
        const auto found = std::find_if(children_.begin(), children_.end(),
                                        [&](const auto& child) { return child->pid == exit.pid; });
        if (found == children_.end()) continue;
        drop(**found);
        const auto again = std::find_if(children_.begin(), children_.end(),
                                        [&](const auto& child) { return child->pid == exit.pid; });
        if (again != children_.end()) children_.erase(again);
    }
    assign();
}

}  // namespace minetd
