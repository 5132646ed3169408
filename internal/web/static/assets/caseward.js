// What a page does beyond links and forms. Nothing here writes what a person
// typed to the browser's storage: drafts go to the server and nowhere else.
(() => {
	const root = document.documentElement, body = document.body, data = body.dataset;
	const csrf = document.querySelector('meta[name=csrf-token]')?.content || '';
	const post = (url, fields) => fetch(url, { method: 'POST', credentials: 'same-origin', redirect: 'manual',
		headers: { 'X-CSRF-Token': csrf, 'Accept': 'application/json' }, body: new URLSearchParams(fields || {}) });
	const on = (type, fn) => document.addEventListener(type, fn);

	// Theme: a cookie the server reads, so that the first paint is right.
	on('click', e => {
		if (!e.target.closest('[data-theme-toggle]')) return;
		const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
		root.dataset.theme = dark ? 'light' : 'dark';
		document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
	});

	// One key, which a person can switch off (WCAG 2.1.4).
	on('keydown', e => {
		if (e.key !== '/' || data.keys === 'off' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog')) return;
		const find = document.getElementById('find');
		if (find) { e.preventDefault(); find.focus(); find.select(); }
	});

	// A choice that saves itself has a button for those without script.
	on('change', e => { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });

	on('click', e => { if (e.target.closest('[data-print]')) window.print(); });

	// Drafts: saved on the server a moment after the last key, tried again until it is done.
	const drafts = [...document.querySelectorAll('form[data-autosave]')].map(form => {
		const says = form.querySelector('[data-saved]'), held = form.elements.draft;
		let timer, wait = 1500, dirty = 0, busy = false;
		const later = ms => { clearTimeout(timer); timer = setTimeout(save, ms); };
		async function save() {
			if (!dirty || busy) return dirty && later(500);
			const seen = dirty;
			busy = true;
			try {
				const r = await post(form.dataset.autosave, new FormData(form));
				if (!r.ok) throw r.status;
				const answer = await r.json();
				says.textContent = answer.text;
				if (held && answer.draft) held.value = answer.draft;
				if (dirty === seen) dirty = 0; else later(1500);
				wait = 1500;
			} catch {
				says.textContent = form.dataset.retry;
				later(wait = Math.min(wait * 2, 30000));
			} finally { busy = false; }
		}
		form.addEventListener('input', () => { dirty++; later(1500); });
		form.addEventListener('submit', () => { dirty = 0; clearTimeout(timer); });
		return { save, dirty: () => dirty };
	});
	addEventListener('beforeunload', e => { if (drafts.some(d => d.dirty()) && !root.classList.contains('locked')) e.preventDefault(); });

	// Idle: one timer for all tabs. Warned first; then hidden, locked, and back to the same place.
	const lock = document.getElementById('lock'), warn = document.getElementById('idle');
	if (!lock) return;
	const tabs = new BroadcastChannel('caseward'), warnAt = data.warn * 1000, lockAt = data.lock * 1000;
	let last = Date.now(), told = last, kept = last;
	const active = () => {
		if (warn.open || root.classList.contains('locked')) return;
		last = Date.now();
		if (last - told > 5000) { told = last; tabs.postMessage('active'); }
		if (last - kept > 240000) { kept = last; post('/alive').then(r => { if (!r.ok) location.reload(); }, () => {}); }
	};
	const hide = () => { root.classList.add('locked'); warn.close(); document.title = 'Caseward'; };
	const stay = tell => { last = Date.now(); warn.close(); if (tell) { kept = last; tabs.postMessage('stay'); post('/alive').catch(() => {}); } };
	const look = async () => {
		const idle = Date.now() - last;
		if (root.classList.contains('locked')) return;
		if (idle >= lockAt) { hide(); tabs.postMessage('lock'); await Promise.all(drafts.map(d => d.save())); lock.requestSubmit(); }
		else if (idle >= warnAt && !warn.open) warn.showModal();
	};
	tabs.onmessage = e => {
		if (e.data === 'lock') { hide(); setTimeout(() => location.reload(), 1500); }
		else if (e.data === 'stay') stay(false); else last = Date.now();
	};
	for (const type of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(type, active, { passive: true });
	warn.addEventListener('close', () => stay(true));
	on('visibilitychange', look);
	addEventListener('pageshow', e => { if (e.persisted) location.reload(); });
	setInterval(look, Math.min(10000, warnAt / 2));
})();
