// SPDX-License-Identifier: ISC
#include "mpm/board_registry.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <system_error>

#include "daemon/config/names.h"
#include "mpm/mpm.h"
#include "mpm/pool_policy.h"

namespace minetd {
namespace {

template <std::size_t Room>
void copy_text(char (&to)[Room], std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), Room - 1);
    std::memcpy(to, text.data(), size);
    to[size] = '\0';
}

}  // namespace

BoardCard card_of(const ServiceSpec& spec, BoardCard::Kind kind, BoardSize size) {
    BoardCard card;
    card.kind = kind;
    card.servers = size.servers;
    card.threads = size.threads;
    card.asynchronous =
        kind == BoardCard::Kind::process || (spec.is_pool() && spec.serve == Serve::event) ? 1 : 0;
    if (spec.is_pool()) {
        const PoolShape shape = shape_of(spec);
        card.most = shape.most * shape.workers;
    } else if (spec.limits.instances) {
        card.most = *spec.limits.instances;
    }
    for (const Mpm& mpm : mpms())
        if (mpm.serve == spec.serve) copy_text(card.mpm, mpm.name);
    copy_text(card.id, spec.id);
    card.port = spec.port;
    copy_text(card.protocol, protocol_text(spec.protocol, spec.family));
    return card;
}

BoardRegistry::BoardRegistry() {
    set_.began = std::time(nullptr);
    set_.configuration = 1;
}

void BoardRegistry::enlist(Owner& owner) {
    owners_.push_back(&owner);
    if (!readers_.empty()) owner.show_board();
}

void BoardRegistry::dismiss(Owner& owner) noexcept {
    std::erase(owners_, &owner);
}

void BoardRegistry::put(const std::string& service, SharedBoard board, Held held) {
    board.card.number = ++last_;
    held_[last_] = std::move(held);
    set_.boards()[last_] = std::move(board);
    of_service_[service].push_back(last_);
}

void BoardRegistry::drop(std::uint32_t number) noexcept {
    const auto found = of_service_.find(set_.boards().at(number).service);
    std::erase(found->second, number);
    if (found->second.empty()) of_service_.erase(found);
    set_.boards().erase(number);
    held_.erase(number);
}

Scoreboard::Totals BoardRegistry::totals_of(std::uint32_t number) const {
    const SharedBoard& board = set_.boards().at(number);
    if (board.memory_fd < 0) return {};
    return Scoreboard(board.memory_fd, board.card.size(), false).totals();
}

std::uint32_t BoardRegistry::add(BoardCard card, const std::string& service,
                                 std::shared_ptr<SharedMemory> memory) noexcept {
    try {
        Scoreboard::Totals before;
        const bool lives = memory != nullptr;
        const bool recalls = recalled_.contains(service);
        if (recalls && !memory) memory = std::make_shared<SharedMemory>(card.size().bytes());
        if (recalls) before = take_recalled(service);
        const std::vector<std::uint32_t> there = of_service_[service];
        for (const std::uint32_t number : there)
            if (!held_.at(number).lives) before.add(totals_of(number));
        if (memory) Scoreboard(memory->fd(), card.size()).set_base(before);
        const int fd = memory ? memory->fd() : -1;
        put(service, {.card = card, .service = service, .readable = UniqueFd(), .memory_fd = fd},
            {std::move(memory), lives});
        const std::uint32_t added = last_;
        for (const std::uint32_t number : there)
            if (!held_.at(number).lives) drop(number);
        tell();
        return added;
    } catch (const std::system_error&) {
        return 0;
    }
}

void BoardRegistry::retire(std::uint32_t number) noexcept {
    const auto held = held_.find(number);
    if (held == held_.end()) return;
    held->second.lives = false;
    try {
        SharedBoard& board = set_.boards().at(number);
        const std::string service = board.service;
        const auto& others = of_service_.at(service);
        const auto heir = std::find_if(others.rbegin(), others.rend(), [this](std::uint32_t other) {
            return held_.at(other).lives;
        });
        if (heir != others.rend()) {
            // Those who show boards see both until they are told.
            const SharedBoard& its = set_.boards().at(*heir);
            Scoreboard former(board.memory_fd, board.card.size());
            Scoreboard(its.memory_fd, its.card.size()).set_base(former.take_totals());
        } else {
            // Nobody is on it any more. It is told anew, since its card has changed.
            Scoreboard rest(board.memory_fd, board.card.size());
            for (unsigned server = 0; server < rest.servers(); ++server) rest.vacate(server);
            board.card.pid = 0;
            put(service, std::move(board), std::move(held->second));
            set_.boards()[number].service = service;
        }
    } catch (const std::system_error&) {
        // Without memory to map it, what it counted is lost.
    }
    drop(number);
    tell();
}

BoardRegistry::Use BoardRegistry::use() const noexcept {
    Use use;
    for (const auto& [number, board] : set_.boards()) {
        const BoardCard& card = board.card;
        if (!held_.at(number).lives || card.kind == BoardCard::Kind::programs) continue;
        try {
            const Scoreboard seen(board.memory_fd, card.size(), false);
            std::uint64_t busy = 0, connections = 0;
            for (unsigned server = 0; server < seen.servers(); ++server) {
                if (seen.server(server).pid.load(std::memory_order_relaxed) == 0) continue;
                busy += seen.count(server).busy;
                connections += seen.server(server).connections.load(std::memory_order_relaxed);
            }
            use.sessions += card.asynchronous != 0 ? connections : busy;
            if (card.kind == BoardCard::Kind::pool && card.most > 0 && busy >= card.most)
                ++use.full_pools;
        } catch (const std::system_error&) {
            // Without memory to map it, it is not counted.
        }
    }
    return use;
}

void BoardRegistry::forget(const std::string& service) noexcept {
    const auto found = of_service_.find(service);
    if (found == of_service_.end()) return;
    const std::vector<std::uint32_t> there = found->second;
    for (const std::uint32_t number : there)
        if (!held_.at(number).lives) drop(number);
    tell();
}

void BoardRegistry::set_cgroup(const std::string& service, int directory) noexcept {
    set_.set_cgroup(service, directory);
    tell();
}

HandedBoards BoardRegistry::hand_over() const {
    HandedBoards handed{
        .began = set_.began, .configuration = set_.configuration, .last = last_, .boards = {}};
    for (const auto& [number, board] : set_.boards()) {
        // What the root process counts by itself is handed over by who counts it.
        const bool by_itself =
            board.card.kind == BoardCard::Kind::programs && held_.at(number).lives;
        if (by_itself || board.memory_fd < 0) continue;
        handed.boards.push_back({.card = board.card,
                                 .service = board.service,
                                 .memory = {board.memory_fd},
                                 .lives = held_.at(number).lives});
    }
    return handed;
}

void BoardRegistry::take_over(HandedBoards& handed) {
    set_.began = handed.began;
    set_.configuration = handed.configuration;
    last_ = handed.last;
    for (HandedBoard& board : handed.boards) {
        std::shared_ptr<SharedMemory> memory;
        try {
            memory = std::make_shared<SharedMemory>(board.memory.take(), board.card.size().bytes());
        } catch (const std::exception&) {
            continue;  // statistics are not worth a refusal
        }
        const std::uint32_t number = board.card.number;
        set_.boards()[number] = {.card = board.card,
                                 .service = board.service,
                                 .readable = UniqueFd(),
                                 .memory_fd = memory->fd()};
        held_[number] = {std::move(memory), board.lives};
        of_service_[board.service].push_back(number);
    }
}

std::map<std::string, Scoreboard::Totals> BoardRegistry::totals() const {
    std::map<std::string, Scoreboard::Totals> sums = recalled_;
    for (const auto& [service, numbers] : of_service_)
        for (const std::uint32_t number : numbers) sums[service].add(totals_of(number));
    for (const Owner* owner : owners_) owner->count_hidden(sums);
    return sums;
}

void BoardRegistry::recall(const std::string& service, const Scoreboard::Totals& totals) {
    recalled_[service] = totals;
}

Scoreboard::Totals BoardRegistry::take_recalled(const std::string& service) noexcept {
    const auto found = recalled_.find(service);
    if (found == recalled_.end()) return {};
    const Scoreboard::Totals totals = found->second;
    recalled_.erase(found);
    return totals;
}

void BoardRegistry::begin_reading(Reader& reader) {
    readers_.push_back(&reader);
    for (std::size_t i = 0; i < owners_.size(); ++i) owners_[i]->show_board();
}

void BoardRegistry::end_reading(Reader& reader) noexcept {
    std::erase(readers_, &reader);
}

void BoardRegistry::count_load() noexcept {
    ++set_.configuration;
    tell();
}

void BoardRegistry::tell() noexcept {
    for (std::size_t i = 0; i < readers_.size(); ++i) readers_[i]->boards_changed();
}

}  // namespace minetd
