// SPDX-License-Identifier: ISC
#include "daemon/service_cgroups.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr const char* leaf = "main";
constexpr std::size_t longest_name = 200;
constexpr int patience = 100, moment_ms = 10;

std::vector<pid_t> former_in(const Cgroup& cgroup) noexcept {
    std::vector<pid_t> found = cgroup.processes();
    std::erase_if(found, [](pid_t pid) { return !began_before_us(pid); });
    return found;
}

template <class T>
std::string text_or(const std::optional<T>& value, const char* otherwise) {
    return value ? std::to_string(*value) : otherwise;
}

}  // namespace

std::vector<CgroupSetting> cgroup_settings(const CgroupLimits& limits) {
    constexpr unsigned period_us = 100'000;  // the kernel's, and systemd's
    const auto& quota = limits.cpu_quota;
    return {
        {"memory_max", "memory", "memory.max", limits.memory_max.has_value(),
         text_or(limits.memory_max, "max")},
        {"memory_high", "memory", "memory.high", limits.memory_high.has_value(),
         text_or(limits.memory_high, "max")},
        {"tasks_max", "pids", "pids.max", limits.tasks_max.has_value(),
         text_or(limits.tasks_max, "max")},
        {"cpu_weight", "cpu", "cpu.weight", limits.cpu_weight.has_value(),
         text_or(limits.cpu_weight, "100")},
        {"cpu_quota", "cpu", "cpu.max", quota.has_value(),
         quota ? fmt::format("{} {}", std::uint64_t{*quota} * period_us / 100, period_us)
               : fmt::format("max {}", period_us)},
    };
}

std::string cgroup_name(const std::string& key) {
    std::string name;
    for (std::size_t at = 0; at < key.size(); ++at) {
        const char c = key[at];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == ':' || (c == '.' && at > 0);
        if (c == '/')
            name += '-';
        else if (plain)
            name += c;
        else
            name += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    // The kernel's own files are named `controller.word`; a name of ours has one of these.
    if (name.find_first_of("-\\") == std::string::npos) name += '-';
    if (name.size() > longest_name)
        name =
            name.substr(0, longest_name) + fmt::format("-{:016x}", std::hash<std::string>{}(key));
    return name;
}

CgroupRoot cgroup_root(const std::string& setting) {
    if (setting == "no") return {};
    if (setting != "auto") {
        const std::string parent = std::filesystem::path(setting).parent_path();
        if (is_cgroup2(setting) || (::access(setting.c_str(), F_OK) < 0 && is_cgroup2(parent)))
            return {.directory = setting, .reason = {}};
        return {.directory = {}, .reason = setting + " is not in a cgroup2 hierarchy"};
    }
    const std::string own = own_cgroup();
    if (own.empty())
        return {.directory = {}, .reason = "there is no cgroup2 hierarchy that minetd is in"};
    if (is_delegated(own)) return {.directory = own, .reason = {}};
    // Where this process, or the one before it, moved to.
    const std::filesystem::path path(own);
    if (path.filename() == leaf && is_delegated(path.parent_path()))
        return {.directory = path.parent_path(), .reason = {}};
    return {.directory = {},
            .reason = fmt::format("{} is not delegated to minetd (Delegate=yes in its unit does "
                                  "that; or name a directory with `cgroup` in [minetd])",
                                  own)};
}

/// The cgroup of one service, made when it is first needed.
class ServiceCgroups::Place final : public Birthplace {
  public:
    Place(ServiceCgroups& owner, std::string key) : owner_(owner), key_(std::move(key)) {
        directory_ = owner.top_->directory() + '/' + cgroup_name(key_);
        // Sessions of an earlier start may be in it: they get the limits now.
        if (::access(directory_.c_str(), F_OK) == 0) fd();
    }

    int fd() noexcept override {
        // Somebody may have removed it while nobody was in it.
        if (cgroup_ && cgroup_->has("cgroup.procs")) return cgroup_->fd();
        cgroup_.reset();
        try {
            cgroup_.emplace(directory_);
        } catch (const std::system_error& problem) {
            owner_.made_(key_, -1);
            errno = problem.code().value();
            return -1;
        }
        for (const CgroupSetting& setting : settings_)
            if ((setting.said && owner_.enable(std::string(setting.controller))) ||
                (!setting.said && cgroup_->was_there()))
                write(setting);
        watch("memory.events");
        watch("pids.events");
        watch("cgroup.events");
        killed_ = cgroup_->number("memory.events", "oom_kill");
        refused_ = cgroup_->number("pids.events", "max");
        owner_.made_(key_, cgroup_->fd());
        return cgroup_->fd();
    }

    void limit(std::vector<CgroupSetting> settings) {
        settings.swap(settings_);
        for (std::size_t at = 0; at < settings_.size(); ++at) {
            const CgroupSetting& now = settings_[at];
            // Not yet made, it gets them all; before the first of() it may be there already.
            const bool fresh = settings.empty();
            if (now.said && !owner_.enable(std::string(now.controller))) continue;
            const bool differs = fresh ? now.said || cgroup_ : now.value != settings[at].value;
            if (cgroup_ && differs) write(now);
        }
    }

    /// One of the watched files changed.
    void look(const char* file) noexcept {
        if (!cgroup_) return;
        const auto told = [&](unsigned long& before, const char* key, const char* text) {
            const unsigned long now = cgroup_->number(file, key);
            const unsigned long more = now > before ? now - before : 0;
            before = now;
            if (more > 0) owner_.say_(Level::warning, fmt::format(fmt::runtime(text), id, more));
        };
        if (file == std::string_view("memory.events"))
            told(killed_, "oom_kill", "{}: memory_max: the kernel killed {} of its processes");
        if (file == std::string_view("pids.events"))
            told(refused_, "max", "{}: tasks_max: the kernel refused {} of its forks");
    }

    bool finished = false;
    std::string id;

    const Cgroup* cgroup() const noexcept { return cgroup_ ? &*cgroup_ : nullptr; }

  private:
    void write(const CgroupSetting& setting) noexcept {
        const int error = cgroup_->write(setting.file, setting.value);
        if (error == 0 || (!setting.said && error == ENOENT)) return;
        owner_.miss(fmt::format("{} {}", setting.file, error),
                    fmt::format("{}: {} is not kept: cannot write {}/{}: {}", id, setting.attribute,
                                directory_, setting.file, error_text(error)));
    }
    void watch(const char* file) noexcept {
        if (!cgroup_->has(file)) return;
        const std::string path = directory_ + '/' + file;
        const int number = ::inotify_add_watch(owner_.inotify_.get(), path.c_str(), IN_MODIFY);
        if (number >= 0) owner_.watched_[number] = {key_, file};
    }

    ServiceCgroups& owner_;
    std::string key_, directory_;
    std::optional<Cgroup> cgroup_;
    std::vector<CgroupSetting> settings_;
    unsigned long killed_ = 0, refused_ = 0;
};

ServiceCgroups::ServiceCgroups(EventLoop& loop, Say say, Made made)
    : say_(std::move(say)), made_(std::move(made)), loop_(loop) {}
ServiceCgroups::~ServiceCgroups() = default;

void ServiceCgroups::open(const CgroupRoot& root) noexcept {
    root_ = root;
    if (root_.directory.empty()) return;
    const auto give_up = [this](const std::string& why) {
        root_.reason = why;
        say_(Level::warning, "services have no cgroups of their own: " + why);
    };
    try {
        auto top = std::make_unique<Cgroup>(root_.directory);
        const Cgroup main(root_.directory + '/' + leaf);
        if (const int error = main.join())
            return give_up(
                fmt::format("cannot move to {}: {}", main.directory(), error_text(error)));
        inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
        if (!inotify_) return give_up("inotify_init: " + error_text(errno));
        events_ = std::make_unique<FdEvent>(loop_, inotify_.get(), [this] { on_events(); });
        events_->enable();
        top_ = std::move(top);
        // What they use is told, if no limit is set.
        for (const char* controller : {"memory", "pids"}) enable(controller);
    } catch (const std::exception& problem) {
        give_up(problem.what());
    }
}

bool ServiceCgroups::enable(const std::string& controller) noexcept {
    if (enabled_.contains(controller)) return true;
    const std::string there = ' ' + top_->read("cgroup.controllers").value_or("") + ' ';
    std::string words = there;
    std::replace(words.begin(), words.end(), '\n', ' ');
    if (words.find(' ' + controller + ' ') == std::string::npos) return false;
    const int error = top_->write("cgroup.subtree_control", '+' + controller);
    if (error != 0) {
        miss(controller, fmt::format("cannot enable the controller {} in {}: {}", controller,
                                     top_->directory(), error_text(error)));
        return false;
    }
    enabled_.insert(controller);
    return true;
}

void ServiceCgroups::miss(std::string_view what, const std::string& text) noexcept {
    if (told_.emplace(what).second) say_(Level::warning, text);
}

std::shared_ptr<Birthplace> ServiceCgroups::of(const ServiceSpec& spec) {
    const auto settings = cgroup_settings(spec.cgroup);
    for (const CgroupSetting& setting : settings) {
        if (!setting.said) continue;
        if (!top_)
            miss("root",
                 fmt::format("{}: {} is not kept, nor is any limit of a cgroup: {}", spec.id,
                             setting.attribute,
                             root_.reason.empty() ? "[minetd] says `cgroup = no`" : root_.reason));
        else if (!enable(std::string(setting.controller)))
            miss(setting.attribute,
                 fmt::format("{}: {} is not kept: the controller {} is not available in {}",
                             spec.id, setting.attribute, setting.controller, top_->directory()));
    }
    if (!top_) return nullptr;
    auto& place = places_[spec.key()];
    if (!place) place = std::make_shared<Place>(*this, spec.key());
    place->finished = false;
    place->id = spec.id;
    place->limit(settings);
    return place;
}

void ServiceCgroups::finish(const std::string& key) noexcept {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    found->second->finished = true;
    if (const Cgroup* cgroup = found->second->cgroup(); cgroup && former_in(*cgroup).empty())
        cgroup->kill();
    let_go(key);
}

/// Removes a cgroup that is not needed and is empty; else cgroup.events tells when it is.
void ServiceCgroups::let_go(const std::string& key) noexcept {
    const auto found = places_.find(key);
    if (found == places_.end() || !found->second->finished) return;
    const Cgroup* cgroup = found->second->cgroup();
    if (cgroup != nullptr && !cgroup->remove()) return;
    std::erase_if(watched_, [&](const auto& watch) { return watch.second.first == key; });
    made_(key, -1);
    places_.erase(found);
}

void ServiceCgroups::kill() noexcept {
    for (const auto& [key, place] : places_)
        if (const Cgroup* cgroup = place->cgroup()) cgroup->kill();
}

unsigned ServiceCgroups::former() const noexcept {
    std::size_t count = 0;
    for (const auto& [key, place] : places_)
        if (const Cgroup* cgroup = place->cgroup()) count += former_in(*cgroup).size();
    return static_cast<unsigned>(count);
}

void ServiceCgroups::signal_former(int signal) const noexcept {
    for (const auto& [key, place] : places_)
        if (const Cgroup* cgroup = place->cgroup())
            for (const pid_t pid : former_in(*cgroup)) {
                // Whoever has its pid by now began later.
                const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
                if (process && began_before_us(pid))
                    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
            }
}

void ServiceCgroups::finish_all() noexcept {
    std::vector<std::string> keys;
    for (const auto& [key, place] : places_) keys.push_back(key);
    kill();
    for (const std::string& key : keys) finish(key);
    // The end of a killed process is not at once.
    for (int round = 0; round < patience && !places_.empty(); ++round) {
        ::poll(nullptr, 0, moment_ms);
        for (const std::string& key : keys) let_go(key);
    }
}

void ServiceCgroups::sweep() noexcept {
    if (!top_) return;
    std::set<std::string> known;
    for (const auto& [key, place] : places_) known.insert(cgroup_name(key));
    std::error_code error;
    for (std::filesystem::directory_iterator entry(top_->directory(), error), end;
         !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename();
        const bool ours = name.find_first_of("-\\") != std::string::npos;
        // One that somebody is in stays: rmdir(2) refuses.
        if (ours && !known.contains(name) && entry->is_directory(error))
            ::rmdir(entry->path().c_str());
    }
}

void ServiceCgroups::on_events() noexcept {
    alignas(inotify_event) char bytes[4096];
    std::set<int> changed;
    for (ssize_t got; (got = ::read(inotify_.get(), bytes, sizeof bytes)) > 0;) {
        for (ssize_t at = 0; at < got;) {
            const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
            if ((event->mask & IN_IGNORED) == 0) changed.insert(event->wd);
            at += static_cast<ssize_t>(sizeof *event + event->len);
        }
    }
    for (const int number : changed) {
        const auto watch = watched_.find(number);
        if (watch == watched_.end()) continue;
        const auto [key, file] = watch->second;
        const auto place = places_.find(key);
        if (place == places_.end()) continue;
        place->second->look(file);
        let_go(key);
    }
}

}  // namespace minetd
